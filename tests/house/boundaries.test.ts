import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';

/*
 * The walls of the house. Biome refuses an import that the workspace's manifest does not name, so what is left to check
 * is the manifests, and relative paths that climb out of a workspace.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Workspace {
  readonly name: string;
  /** Its folder, such as `subgraphs/ledger`. */
  readonly folder: string;
  /** The workspaces it names as dependencies. */
  readonly uses: readonly string[];
}

const workspaces: readonly Workspace[] = globSync('{apps,packages,subgraphs}/*/package.json', { cwd: root })
  .concat('tests/package.json')
  .map((file) => {
    const { name, dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(join(root, file), 'utf8'));
    const uses = Object.keys({ ...dependencies, ...devDependencies }).filter((used) => used.startsWith('@paygraph/'));
    return { name, folder: dirname(file), uses };
  });

const folderOf = (name: string) => workspaces.find((workspace) => workspace.name === name)?.folder ?? name;
const kindOf = (name: string) => folderOf(name).split('/')[0];

/** What a workspace may use, by the folder that it is in. Nothing at all where nothing is said. */
function mayUse({ folder, name }: Workspace, used: string): boolean {
  if (folder === 'tests' || folder === 'apps/standalone') return used !== name;
  if (folder.startsWith('apps/')) return kindOf(used) === 'packages' || kindOf(used) === 'apps';
  return kindOf(used) === 'packages';
}

function cycleFrom(name: string, path: readonly string[] = []): readonly string[] | undefined {
  if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
  const uses = workspaces.find((workspace) => workspace.name === name)?.uses ?? [];
  return uses.map((used) => cycleFrom(used, [...path, name])).find((cycle) => cycle !== undefined);
}

describe('the boundaries of the house', () => {
  it('are those of every workspace', () => {
    expect(workspaces.length).toBeGreaterThan(15);
  });

  it.each(workspaces)('let $folder use packages, and only the standalone app and tests use subgraphs', (workspace) => {
    expect(workspace.uses.filter((used) => !mayUse(workspace, used))).toEqual([]);
  });

  it.each(workspaces)('let no workspace reach $folder in a circle', ({ name }) => {
    expect(cycleFrom(name)).toBeUndefined();
  });

  it.each(workspaces)('let $folder reach other workspaces by their names only', ({ folder }) => {
    const home = join(root, folder);
    const inside = globSync('**/*.{ts,tsx}', {
      cwd: home,
      ignore: ['**/node_modules/**', '**/dist/**', '**/generated/**'],
    })
      .flatMap((file) => relativeImports(join(home, file)).map((target) => ({ file, target })))
      .filter(({ target }) => workspaces.some((other) => other.folder !== folder && isWithin(target, other.folder)));
    expect(inside).toEqual([]);
  });
});

function isWithin(path: string, folder: string): boolean {
  return path.startsWith(join(root, folder, '/'));
}

function relativeImports(file: string): string[] {
  const specifiers = readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']*)'/g);
  return [...specifiers].map(([, specifier]) => resolve(dirname(file), specifier ?? ''));
}
