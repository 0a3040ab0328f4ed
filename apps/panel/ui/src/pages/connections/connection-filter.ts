/** What a list of connections shows, as it stands in the address of the page. Pure. */
import type { ConnectionQuery } from '@holdfast/panel-client/schema';

export type ConnectionFilter = Pick<
  ConnectionQuery,
  'search' | 'status' | 'restricted' | 'online' | 'customer' | 'sort'
>;

const choices = {
  status: ['PREPROVISIONED', 'CLAIMED', 'DISABLED'],
  restricted: ['true', 'false'],
  online: ['true', 'false'],
  sort: ['id', '-id', 'label', '-label'],
} as const;

/** What the address has of it; what it has otherwise is left out. */
export function filterOf(address: URLSearchParams): ConnectionFilter {
  const search = address.get('search')?.slice(0, 100);
  const customer = address.get('customer');
  return {
    ...(search !== undefined && search !== '' && { search }),
    ...(customer !== null && /^[1-9]\d{0,15}$/.test(customer) && { customer }),
    ...chosen(address, 'status'),
    ...chosen(address, 'restricted'),
    ...chosen(address, 'online'),
    ...chosen(address, 'sort'),
  };
}

/** @param change - what is empty is taken out */
export function changedAddress(
  address: URLSearchParams,
  change: Readonly<Record<string, string>>,
): URLSearchParams {
  const next = new URLSearchParams(address);
  for (const [name, value] of Object.entries(change)) {
    if (value === '') next.delete(name);
    else next.set(name, value);
  }
  return next;
}

function chosen<Name extends keyof typeof choices>(
  address: URLSearchParams,
  name: Name,
): { readonly [Key in Name]?: (typeof choices)[Name][number] } {
  const value = (choices[name] as readonly string[]).find((choice) => choice === address.get(name));
  return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: (typeof choices)[Name][number] };
}
