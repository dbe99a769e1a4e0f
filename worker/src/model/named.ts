/** The value of that name. @throws Error that names what is there: a phase asks for what it did not declare */
export function named<T>(values: Readonly<Record<string, T>>, name: string): T {
  const value = values[name];
  if (value === undefined)
    throw new Error(`no '${name}' among ${Object.keys(values).join(', ') || 'nothing'}`);
  return value;
}
