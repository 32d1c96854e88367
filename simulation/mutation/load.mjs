// Plain JavaScript: it reads what tsx is about to translate.
let mutation;

export function initialize(data) {
  mutation = data;
}

export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  if (!url.split('?')[0].endsWith(`/${mutation.file}`)) return loaded;
  const source = String(loaded.source);
  if (source.split(mutation.from).length !== 2)
    throw new Error(`${mutation.file} does not hold the text once.`);
  return { ...loaded, source: source.replace(mutation.from, () => mutation.to) };
}
