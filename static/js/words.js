// What scripts say: the sentences stand, translated, as data attributes of the element #words.

export const language = document.documentElement.lang;

/** The sentence `name` with its {places} filled. */
export function say(name, values = {}) {
  const template = document.getElementById("words").dataset[name] ?? "";
  return template.replace(/\{(\w+)\}/g, (place, key) => values[key] ?? place);
}

/** `98.7 %`, in the language's own decimal mark. */
export function percent(probability, digits = 1) {
  const shape = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return `${new Intl.NumberFormat(language, shape).format(100 * probability)}\u202f%`;
}
