/** Who looks at customers and connections, and what of them is theirs. */

export type PanelViewer =
  | { readonly role: 'admin' }
  | { readonly role: 'customer'; readonly customerId: number };

/** Operations that a customer may do to what is theirs; an admin may do all. By their names, `PATCH /v1/…`. */
export interface PanelRights {
  readonly ownerMay: Iterable<string>;
}

export function mayAsOwner({ ownerMay }: PanelRights): (viewer: PanelViewer, operation: string) => boolean {
  const operations = new Set(ownerMay);
  return (viewer, operation) => viewer.role === 'admin' || operations.has(operation);
}
