// Pictures on canvases: the model's input read from its image element, arrays painted back.

import { fromRGBA, toRGBA } from "./compose.js";

/** The pixels of a loaded image element as HWC values; the PNG is lossless, so they are exact. */
export async function readPixels(image, [height, width, channels]) {
  if (image.complete && !image.naturalWidth) image.src = String(image.src); // it failed before: ask again
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingEnabled = false;
  context.drawImage(image, 0, 0, width, height);
  return fromRGBA(context.getImageData(0, 0, width, height).data, channels);
}

/** A painter of HWC values on `canvas`, whose bitmap takes the picture's own size. */
export function painter(canvas, [height, width, channels]) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { alpha: false });
  const frame = context.createImageData(width, height);
  return (values) => {
    toRGBA(values, channels, frame.data);
    context.putImageData(frame, 0, 0);
  };
}
