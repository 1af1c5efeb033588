// The pixels of the laboratory, in integers, exactly as ml/compose.py writes them to a file.
// Pictures are Uint8ClampedArrays in HWC order with 1 or 3 channels, 0..255; signs are -1, 0 or +1.

/** Bytes of a base64 text. */
export function decodeBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Sign map from 2 bits per value (value + 1, little end first): value i sits in byte i >> 2. */
export function unpackSigns(packed, count) {
  if (packed.length < Math.ceil(count / 4)) throw new RangeError("sign map is too short");
  const sign = new Int8Array(count);
  for (let i = 0; i < count; i += 1) sign[i] = ((packed[i >> 2] >> (2 * (i & 3))) & 3) - 1;
  return sign;
}

/** clip(original + n · sign, 0, 255); `out` is filled and returned. */
export function perturb(original, sign, n, out = new Uint8ClampedArray(original.length)) {
  for (let i = 0; i < original.length; i += 1) out[i] = original[i] + n * sign[i];
  return out;
}

/** clip(128 + gain · (b - a), 0, 255): grey where nothing changed. */
export function difference(a, b, gain, out = new Uint8ClampedArray(a.length)) {
  for (let i = 0; i < a.length; i += 1) out[i] = 128 + gain * (b[i] - a[i]);
  return out;
}

/** Spread 1 or 3 channels over the RGBA pixels of an ImageData. */
export function toRGBA(values, channels, rgba) {
  const second = channels === 1 ? 0 : 1;
  const third = channels === 1 ? 0 : 2;
  for (let from = 0, to = 0; from < values.length; from += channels, to += 4) {
    rgba[to] = values[from];
    rgba[to + 1] = values[from + second];
    rgba[to + 2] = values[from + third];
    rgba[to + 3] = 255;
  }
  return rgba;
}

/** Keep the first 1 or 3 channels of RGBA pixels. */
export function fromRGBA(rgba, channels) {
  const values = new Uint8ClampedArray((rgba.length / 4) * channels);
  for (let from = 0, to = 0; to < values.length; from += 4, to += channels) {
    for (let channel = 0; channel < channels; channel += 1) values[to + channel] = rgba[from + channel];
  }
  return values;
}
