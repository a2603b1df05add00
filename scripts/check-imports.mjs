/**
 * Imports point the way the data flows, and only that way: http → graphql | gateway | oauth → domain → store.
 * Run alone it checks this repository: a line for each import that must not be, and exit code 1.
 */
import { join, relative, sep } from 'node:path';
import { findCircle } from './find-circle.mjs';
import { readImports } from './read-imports.mjs';
import { filesBelow, isMain, root } from './repository.mjs';

/** What each layer may import besides itself. `graphql` asks `gateway` for the plan of an operation, never the other way. */
const mayImport = {
  lib: [],
  config: ['lib'],
  store: ['lib'],
  domain: ['store', 'lib'],
  gateway: ['domain', 'store', 'lib'],
  oauth: ['domain', 'store', 'lib'],
  graphql: ['gateway', 'domain', 'store', 'lib'],
  http: ['graphql', 'gateway', 'oauth', 'domain', 'store', 'lib'],
};

/** Layers that may name the types of the settings, so that nobody writes them down twice. */
const mayNameConfig = ['domain', 'gateway', 'oauth', 'graphql', 'http'];

/** These put the parts together, so they may import them all, and none of the parts may import them. */
const top = ['cli', 'main.ts', 'open-domain.ts', 'open-gate.ts', 'index.ts', 'bin.cts'];

/** The domain knows no HTTP, no GraphQL and no SQL. */
const notInDomain =
  /^(fastify|@fastify\/.*|graphql|graphql-.*|undici|(node:)?(http|https|http2|sqlite)|@photostructure\/sqlite|kysely|pg|postgres)(\/.*)?$/;

/**
 * Checks packages/server/src and packages/web. Tests are left out: they use real parts of every layer.
 * @param {string} folder the root of a repository
 * @returns {{ files: number, problems: string[] }} a line for each import that must not be, starting with file:line
 */
export function checkImports(folder) {
  const source = join(folder, 'packages/server/src');
  const server = filesBelow(source).filter(isSource);
  const imports = server.flatMap(readImports);
  const web = filesBelow(join(folder, 'packages/web')).filter(isSource);
  const problems = [
    ...imports.map((each) => locate(folder, each, problemInServer(source, each))),
    ...web.flatMap(readImports).map((each) => locate(folder, each, problemInWeb(folder, each))),
    circleProblem(folder, imports),
  ];
  return { files: server.length + web.length, problems: problems.filter((problem) => problem !== undefined) };
}

function isSource(file) {
  return /\.[cm]?[jt]sx?$/.test(file) && !/\.test\.[cm]?[jt]sx?$/.test(file);
}

function locate(folder, { file, line }, problem) {
  return problem && `${relative(folder, file)}:${line}: ${problem}`;
}

function problemInServer(source, { file, specifier, target, typeOnly }) {
  const from = layerOf(source, file);
  if (from === undefined)
    return 'this file is in no layer; put it into one, or name its folder in scripts/check-imports.mjs.';
  if (target === undefined) {
    return from === 'domain' && notInDomain.test(specifier)
      ? `the domain knows no HTTP, no GraphQL and no SQL, and this imports ${specifier}.`
      : undefined;
  }
  const to = layerOf(source, target);
  if (from === to || from === 'top' || mayImport[from].includes(to)) return undefined;
  if (to === 'config' && mayNameConfig.includes(from)) {
    return typeOnly
      ? undefined
      : `${from} may import types of config only ("import type"); take the value as a parameter.`;
  }
  const allowed = mayImport[from].join(', ') || 'nothing of ours';
  return `${from} must not import ${relative(source, target)} (${to ?? 'no layer'}); it may import ${allowed}.`;
}

function layerOf(source, file) {
  const [first = ''] = relative(source, file).split(sep);
  return top.includes(first) ? 'top' : Object.hasOwn(mayImport, first) ? first : undefined;
}

function problemInWeb(folder, { specifier, target }) {
  const inServer = target?.startsWith(join(folder, 'packages/server') + sep);
  if (!inServer && !/^latchkey(\/|$)/.test(specifier)) return undefined;
  return `packages/web runs in the browser and must not import the server (${specifier}).`;
}

function circleProblem(folder, imports) {
  const circle = findCircle(imports.flatMap(({ file, target }) => (target ? [[file, target]] : [])));
  return (
    circle &&
    `${circle.map((file) => relative(folder, file)).join(' → ')}: a circle; move what these share to another file.`
  );
}

if (isMain(import.meta.url)) {
  const { files, problems } = checkImports(root);
  for (const problem of problems) console.error(problem);
  if (problems.length === 0) console.log(`The imports of ${files} files point the right way.`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
