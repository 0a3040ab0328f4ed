/**
 * The direction of imports. The compiler does not hold it: an import of a package that is neither referenced nor
 * depended on compiles, because npm hoists; a missing project reference passes by luck of the build order.
 */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** DESIGN §2. A workspace may import only workspaces of a lower level. */
const levels: Readonly<Record<string, number>> = {
  base: 0,
  'action-plan': 1,
  'atomic-writer': 1,
  'optimistic-client': 1,
  'panel-client': 1,
  host: 1,
  'lock-runner': 2,
  state: 2,
  migrations: 2,
  'truth-db': 3,
  'reset-executor': 3,
  cycle: 3,
  'runtime-stores': 4,
  mutations: 4,
  'gateway-policy': 5,
  'policy-apply': 6,
  'policy-reconcile': 6,
  'radius-mapper': 6,
  'runtime-state': 6,
  'metadata-cache': 6,
  panel: 6,
  cli: 6,
};

/** Pure packages: no Node, no clock. */
const pure = ['action-plan', 'optimistic-client'];

interface Workspace {
  readonly name: string;
  readonly directory: string;
  readonly dependencies: Readonly<Record<string, string>>;
  /** What whoever uses it brings along. */
  readonly peers: Readonly<Record<string, string>>;
  readonly references: readonly string[];
  readonly imports: readonly { readonly file: string; readonly specifier: string }[];
}

const root = join(import.meta.dirname, '..');
const workspaces = [
  ...readdirSync(join(root, 'packages')).map((name) => join('packages', name)),
  ...readdirSync(join(root, 'apps')).map((name) => join('apps', name)),
  'migrations',
].map(readWorkspace);

describe('the architecture', () => {
  it('gives every workspace a level', () => {
    expect(workspaces.map(({ name }) => name).toSorted()).toEqual(Object.keys(levels).toSorted());
  });

  it.each(workspaces)('lets $name import lower levels only', ({ name, imports }) => {
    const wrong = imports.filter(({ specifier }) => {
      const target = ownPackageOf(specifier);
      return target !== undefined && (levels[target] ?? 99) >= (levels[name] ?? -1);
    });
    expect(wrong).toEqual([]);
  });

  it.each(workspaces)('lets $name import only what it declares', ({ name, imports, dependencies, peers }) => {
    const declared = { ...dependencies, ...peers };
    const undeclared = imports
      .map(({ specifier }) => packageOf(specifier))
      .filter((target) => target !== undefined && target !== `@holdfast/${name}` && !(target in declared));
    expect([...new Set(undeclared)]).toEqual([]);
  });

  it.each(workspaces)('lets $name declare only what it imports', ({ imports, dependencies }) => {
    const imported = new Set(imports.map(({ specifier }) => packageOf(specifier)));
    expect(Object.keys(dependencies).filter((dependency) => !imported.has(dependency))).toEqual([]);
  });

  it.each(workspaces)(
    'makes the references of $name equal its workspace dependencies',
    ({ dependencies, references }) => {
      const own = Object.keys(dependencies).filter((dependency) => dependency.startsWith('@holdfast/'));
      expect(references.toSorted()).toEqual(own.toSorted());
    },
  );

  it.each(workspaces)('keeps imports of $name inside its own folder', ({ directory, imports }) => {
    const outside = imports.filter(
      ({ file, specifier }) =>
        specifier.startsWith('.') && relative(directory, join(dirname(file), specifier)).startsWith('..'),
    );
    expect(outside).toEqual([]);
  });

  it('keeps pure packages free of Node', () => {
    const impure = workspaces
      .filter(({ name }) => pure.includes(name))
      .flatMap(({ imports }) => imports)
      .filter(({ specifier }) => isBuiltin(specifier));
    expect(impure).toEqual([]);
  });

  it('builds every workspace from the root', () => {
    const listed = readReferences(root).toSorted();
    expect(listed).toEqual(workspaces.map(({ name }) => `@holdfast/${name}`).toSorted());
  });
});

function readWorkspace(path: string): Workspace {
  const directory = join(root, path);
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly peerDependencies?: Readonly<Record<string, string>>;
  };
  const files = globSync(['src/**/*.ts', 'bin/*.js'], { cwd: directory })
    .filter((file) => !/\.test\.ts$|-contract\.ts$|^src\/testing\//.test(file))
    .map((file) => join(directory, file));
  return {
    name: manifest.name.replace('@holdfast/', ''),
    directory,
    dependencies: manifest.dependencies ?? {},
    peers: manifest.peerDependencies ?? {},
    references: readReferences(directory),
    imports: files.flatMap(importsOf),
  };
}

function readReferences(directory: string): readonly string[] {
  const { references = [] } = JSON.parse(readFileSync(join(directory, 'tsconfig.json'), 'utf8')) as {
    readonly references?: readonly { readonly path: string }[];
  };
  return references.map(({ path }) => {
    const manifest = join(directory, path, 'package.json');
    return existsSync(manifest)
      ? (JSON.parse(readFileSync(manifest, 'utf8')) as { name: string }).name
      : path;
  });
}

function importsOf(file: string) {
  const text = readFileSync(file, 'utf8').replaceAll(/^\s*(?:\*|\/\/).*$/gm, '');
  const matches = text.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*'([^']+)'/g);
  return [...matches].map(([, specifier = '']) => ({ file, specifier }));
}

function ownPackageOf(specifier: string): string | undefined {
  return /^@holdfast\/([^/]+)/.exec(specifier)?.[1];
}

function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || isBuiltin(specifier)) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier);
}
