/**
 * E-mail addresses as truth keeps them: one form for all ways of writing the same, because the form is the name of a
 * customer. Surrounding space is dropped, Unicode becomes NFKC, letters become lower case, and the domain becomes its
 * ASCII form. Nothing else is: `a.b@` and `ab@`, `a+x@` and `a@` are different addresses, whatever some providers do.
 *
 * Checks the form only. That an address exists is shown by a message that arrives.
 */
import { domainToASCII } from 'node:url';
import { HoldfastError } from '@holdfast/base';

/** RFC 5321: 64 octets before the @, 254 in all. */
const longest = { local: 64, all: 254 };

/**
 * @throws HoldfastError EMAIL_INVALID - not one address of the form local@domain
 */
export function normalizeEmail(written: string): string {
  const text = written.normalize('NFKC').trim().toLowerCase();
  const [, local = '', domain = ''] = /^([^\s\p{C}@"(),:;<>[\\\]]+)@([^\s\p{C}@]+)$/u.exec(text) ?? [];
  const host = asciiDomain(domain);
  const address = `${local}@${host}`;
  const isTooLong = Buffer.byteLength(local) > longest.local || Buffer.byteLength(address) > longest.all;
  if (local === '' || host === undefined || isTooLong) {
    throw new HoldfastError(
      'EMAIL_INVALID',
      'what was given is not an e-mail address of the form local@domain',
    );
  }
  return address;
}

/** Undefined for what is no name of a host. */
function asciiDomain(domain: string): string | undefined {
  const ascii = domainToASCII(domain);
  const labels = ascii.split('.');
  const isName =
    labels.length > 1 && labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
  // A name of digits at its end is an address of a machine: domainToASCII turns 1.2 into 1.0.0.2.
  return isName && !/^\d+$/.test(labels.at(-1) ?? '') && !/[/?#%:]/.test(domain) ? ascii : undefined;
}
