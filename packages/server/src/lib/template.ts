const placeholder = /\{(\w+)\}/g;

/** The names that stand in braces in a template, such as `userId` in "{userId}". */
export function placeholdersOf(template: string): readonly string[] {
  return Array.from(template.matchAll(placeholder), ([, name]) => name as string);
}

/** The template with each `{name}` replaced by `lookUp(name)`; what that returns is not looked at again. */
export function fillTemplate(template: string, lookUp: (name: string) => string): string {
  return template.replace(placeholder, (_, name: string) => lookUp(name));
}
