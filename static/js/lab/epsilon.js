// ε: read what a person types, and the whole steps n/255 that an 8-bit file holds (ml/epsilon.py).

export const LEVELS = 255;
const NUMBER = "[+-]?(?:\\d+(?:[.,]\\d*)?|[.,]\\d+)(?:[eE][+-]?\\d+)?";
const FORM = new RegExp(`^\\s*(${NUMBER})\\s*(?:/\\s*(${NUMBER})\\s*)?$`);

/** ε in [0, 1] from `0.03`, `0,03` or `8/255`; null when the text is no such number. */
export function parse(text) {
  const match = FORM.exec(text);
  if (!match) return null;
  const [numerator, denominator] = [match[1], match[2] ?? "1"].map((part) => Number(part.replace(",", ".")));
  const value = numerator / denominator;
  return value >= 0 && value <= 1 ? value : null;
}

/** The largest whole n with n/255 ≤ ε; the small term forgives the rounding of n/255 itself. */
export function steps(epsilon) {
  return Math.floor(LEVELS * epsilon + 1e-6);
}

export function text(n) {
  return `${n}/${LEVELS}`;
}

/** `0.0196`, in the language's own decimal mark. */
export function decimal(n, language) {
  const digits = { minimumFractionDigits: 4, maximumFractionDigits: 4 };
  return new Intl.NumberFormat(language, digits).format(n / LEVELS);
}
