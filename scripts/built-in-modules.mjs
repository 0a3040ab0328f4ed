/**
 * How a bundle gets at the modules that a runtime has built in. To import one, Node reads every property of it, and some load
 * what nobody asked for: `node:fs` all streams, `node:crypto` all of Web Crypto. So a bundle gets them by a call, and the
 * functions of the heaviest when the first of them is used: a command that joins a run of another uses none of those.
 */
import { parseAst } from 'rolldown/parseAst';

/** Each takes a command longer to load than a statement takes truth. */
const heavy = ['node:child_process', 'node:crypto', 'node:dgram', 'node:fs/promises', 'node:net'];
const mark = '\0on-use:';
/** Not of `process` by name: a chunk may import one under it. */
const call = (name) => `globalThis.process.getBuiltinModule(${JSON.stringify(name)})`;

/** A plugin of the bundler. */
export const builtInModules = {
  name: 'built-in-modules',
  /** Of our own code only: what others wrote may take one of them as a whole. */
  resolveId(source, importer) {
    if (isOnUse(source, importer)) return `${mark}${source}`;
    return source.startsWith('node:') ? { id: source, external: true } : undefined;
  },
  load(id) {
    return id.startsWith(mark) ? onUse(id.slice(mark.length)) : undefined;
  },
  /** Static imports of built-in modules stand before all other code of a chunk. */
  renderChunk(code) {
    const imports = parseAst(code).body.filter(
      ({ type, source }) => type === 'ImportDeclaration' && source.value.startsWith('node:'),
    );
    return imports.reduceRight(
      (rest, node) => rest.slice(0, node.start) + bindingsOf(node) + rest.slice(node.end),
      code,
    );
  },
};

function isOnUse(source, importer) {
  return heavy.includes(source) && importer !== undefined && !importer.includes('node_modules');
}

/** A module of functions of the same names; a class cannot be stood in for, and comes with its module. */
function onUse(name) {
  const lines = Object.entries(process.getBuiltinModule(name)).map(([key, value]) =>
    typeof value === 'function' && /^[a-z]/.test(key)
      ? `export const ${key} = (...values) => found().${key}(...values);`
      : `export const ${key} = /* @__PURE__ */ (() => found().${key})();`,
  );
  return ['let known;', `const found = () => (known ??= ${call(name)});`, ...lines].join('\n');
}

function bindingsOf({ source, specifiers }) {
  const found = call(source.value);
  const isPart = ({ type, imported }) => type === 'ImportSpecifier' && imported.name !== 'default';
  const parts = specifiers.filter(isPart).map(({ imported, local }) => `${imported.name}: ${local.name}`);
  const whole = specifiers.filter((one) => !isPart(one)).map(({ local }) => local.name);
  const bindings = parts.length === 0 ? whole : [...whole, `{ ${parts.join(', ')} }`];
  return bindings.length === 0
    ? `${found};`
    : `const ${bindings.map((binding) => `${binding} = ${found}`).join(', ')};`;
}
