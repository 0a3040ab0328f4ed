/** An e-mail address of which its owner knows that it is meant, and others do not learn it: `a…@e….com`. */
export function maskEmail(address: string): string {
  const [local = '', domain = ''] = address.split('@');
  const [first = '', ...rest] = domain.split('.');
  const end = rest.at(-1);
  return `${initialOf(local)}…@${initialOf(first)}…${end === undefined ? '' : `.${end}`}`;
}

function initialOf(text: string): string {
  return [...text][0] ?? '';
}
