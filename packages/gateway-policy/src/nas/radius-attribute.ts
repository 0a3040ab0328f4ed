/**
 * Attributes of RADIUS as bytes (RFC 2865 §5): only the few forms that requests to a NAS are made of. Numbers and forms are
 * those of the dictionaries of FreeRADIUS, which reads them back in the tests.
 */
import { HoldfastError } from '@holdfast/base';

/** An attribute by name, with its value as it is sent. */
export type NasAttribute =
  | { readonly name: TextName; readonly value: string }
  | { readonly name: NumberName; readonly value: number }
  | { readonly name: 'Framed-IP-Address'; readonly value: string };

type Form = 'text' | 'number' | 'address';

interface Definition {
  readonly type: number;
  /** Enterprise number; none for a standard attribute. */
  readonly vendor?: number;
  readonly form: Form;
}

const definitions = {
  'User-Name': { type: 1, form: 'text' },
  'Framed-IP-Address': { type: 8, form: 'address' },
  'Filter-Id': { type: 11, form: 'text' },
  'Acct-Session-Id': { type: 44, form: 'text' },
  'Event-Timestamp': { type: 55, form: 'number' },
  'WISPr-Bandwidth-Max-Up': { vendor: 14_122, type: 7, form: 'number' },
  'WISPr-Bandwidth-Max-Down': { vendor: 14_122, type: 8, form: 'number' },
  'Mikrotik-Rate-Limit': { vendor: 14_988, type: 8, form: 'text' },
} as const satisfies Record<string, Definition>;

type Named<Wanted extends Form> = {
  [Name in keyof typeof definitions]: (typeof definitions)[Name]['form'] extends Wanted ? Name : never;
}[keyof typeof definitions];
type TextName = Named<'text'>;
type NumberName = Named<'number'>;

/** Of one attribute, its two bytes of header included. */
const longestAttribute = 255;
const vendorSpecific = 26;
const maxNumber = 0xffff_ffff;

/** Whether `text` fits into an attribute. */
export function isAttributeText(text: string): boolean {
  const bytes = Buffer.byteLength(text, 'utf8');
  return bytes >= 1 && bytes <= longestAttribute - 2;
}

/** @throws HoldfastError INTERNAL - a value that no attribute of that name can have */
export function encodeAttribute(attribute: NasAttribute): Buffer {
  const { type, vendor } = definitionOf(attribute.name);
  const inner = frame(type, encodeValue(attribute));
  if (vendor === undefined) return inner;
  const enterprise = Buffer.alloc(4);
  enterprise.writeUInt32BE(vendor);
  return frame(vendorSpecific, Buffer.concat([enterprise, inner]));
}

function definitionOf(name: NasAttribute['name']): Definition {
  return definitions[name];
}

function encodeValue(attribute: NasAttribute): Buffer {
  const { name, value } = attribute;
  if (typeof value === 'number') {
    if (!Number.isInteger(value) || value < 0 || value > maxNumber) throw unfit(name);
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  }
  if (name !== 'Framed-IP-Address') return Buffer.from(value, 'utf8');
  const octets = value.split('.').map(Number);
  if (octets.length !== 4 || octets.some((octet) => !(octet >= 0 && octet <= 255))) throw unfit(name);
  return Buffer.from(octets);
}

function frame(type: number, value: Buffer): Buffer {
  const length = value.length + 2;
  if (value.length === 0 || length > longestAttribute) throw unfit(`number ${type}`);
  return Buffer.concat([Buffer.from([type, length]), value]);
}

function unfit(name: string): HoldfastError {
  return new HoldfastError(
    'INTERNAL',
    `a value was given to the RADIUS attribute ${name} that it cannot have`,
  );
}
