import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseSync } from 'vite';

/**
 * Every import of a file: static, re-export, dynamic, `import()` in a type, `require`.
 * @param {string} file a path of JavaScript or TypeScript
 * @returns {{ file: string, line: number, specifier: string, target: string | undefined, typeOnly: boolean }[]}
 *   `target` is the file of a relative import; undefined for packages
 */
export function readImports(file) {
  const text = readFileSync(file, 'utf8');
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file} cannot be read: ${errors[0].message}`);
  const found = [];
  visit(program, (node) => {
    const specifier = specifierOf(node);
    if (specifier === undefined) return;
    const line = text.slice(0, node.start).split('\n').length;
    found.push({ file, line, specifier, target: targetOf(file, specifier), typeOnly: isTypeOnly(node) });
  });
  return found;
}

function visit(node, look) {
  if (typeof node !== 'object' || node === null) return;
  if (typeof node.type === 'string') look(node);
  for (const child of Object.values(node)) visit(child, look);
}

function specifierOf(node) {
  if (node.type === 'CallExpression' && node.callee.name === 'require') return node.arguments[0]?.value;
  if (node.type === 'TSExternalModuleReference') return node.expression.value;
  const importing = /^(Import(Declaration|Expression)|Export(Named|All)Declaration|TSImportType)$/;
  return importing.test(node.type) ? node.source?.value : undefined;
}

function isTypeOnly({ type, importKind, exportKind, specifiers = [] }) {
  if (type === 'TSImportType' || importKind === 'type' || exportKind === 'type') return true;
  const isType = (specifier) => specifier.importKind === 'type' || specifier.exportKind === 'type';
  return specifiers.length > 0 && specifiers.every(isType);
}

/** TypeScript writes the name that the built file will have. */
function targetOf(file, specifier) {
  if (!specifier.startsWith('.')) return undefined;
  const path = resolve(dirname(file), specifier);
  const candidates = [
    path.replace(/\.([cm]?)js$/, '.$1ts'),
    path.replace(/\.js$/, '.tsx'),
    `${path}.ts`,
    `${path}.tsx`,
  ];
  return candidates.find((candidate) => candidate !== path && existsSync(candidate)) ?? path;
}
