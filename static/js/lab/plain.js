// The laboratory page of a model without a gradient: there is no bench.

import "../failures.js";
import { submitOnChange } from "./submit.js";

submitOnChange();
