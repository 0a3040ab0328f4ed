/** Where the reconcile daemon answers, as its own `--listen` has it: `http://HOST:PORT` or `unix:PATH`. */

export type ReconcileAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** @throws Error - what is wrong with the text */
export function parseReconcileAddress(text: string): ReconcileAddress {
  if (/^unix:\/./.test(text)) return { kind: 'unix', path: text.slice('unix:'.length) };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url?.protocol === 'http:' && url.pathname === '/' && url.search + url.hash + url.username === '';
  if (!isPlain) throw new Error(`"${text.slice(0, 80)}" is neither http://HOST:PORT nor unix:PATH`);
  return { kind: 'tcp', host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 80) };
}
