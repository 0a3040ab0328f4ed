/** The files of FreeRADIUS's configuration that come with the mapper, and where in a raddb directory they belong. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ShippedFile {
  /** Below the raddb directory, and below `raddb/` of this package. */
  readonly path: string;
  /** The link by which FreeRADIUS finds it, and what that one says. */
  readonly link?: { readonly path: string; readonly target: string };
  /** Whether an operator fills it in: then it is written once, and is his from there on. */
  readonly isFilledIn: boolean;
}

const enabled = (kind: 'mods' | 'sites', name: string): ShippedFile => ({
  path: `${kind}-available/${name}`,
  link: { path: `${kind}-enabled/${name}`, target: `../${kind}-available/${name}` },
  isFilledIn: false,
});

/** In the order in which they are written: what others refer to comes first, the sites last. */
export const shippedFiles: readonly ShippedFile[] = [
  { path: 'holdfast/options.conf', isFilledIn: true },
  { path: 'holdfast/clients.conf', isFilledIn: true },
  { path: 'holdfast/tls.conf', isFilledIn: true },
  { path: 'holdfast/access_reject', isFilledIn: false },
  { path: 'holdfast/holdfast_sql.grants', isFilledIn: false },
  { path: 'policy.d/holdfast', isFilledIn: false },
  { path: 'policy.d/holdfast_sql', isFilledIn: false },
  // Linked by whoever switches the degraded mode on: it has the account of a database.
  { path: 'mods-available/holdfast_sql', isFilledIn: true },
  enabled('mods', 'holdfast'),
  enabled('sites', 'holdfast'),
  enabled('sites', 'holdfast-replay'),
];

/** Both the sources and the bundle lie two directories below the package. */
const shippedDirectory = join(import.meta.dirname, '..', '..', 'raddb');

export function readShipped(file: ShippedFile): string {
  return readFileSync(join(shippedDirectory, file.path), 'utf8');
}
