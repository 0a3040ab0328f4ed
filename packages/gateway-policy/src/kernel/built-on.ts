/**
 * The mark in our nft tables of the device that a gateway with one shared device was built on. nft does not list the device of
 * an ingress chain (1.0.6), and a tree that was left behind bears no name: so what was built for another device, or for the
 * other layout, is known by a set of one element that no rule looks at.
 */

const name = 'built_on';

export function builtOnText(device: string): string {
  return `set ${name} { type ifname; elements = { "${device}" }; }\n`;
}

export function builtOnObject(table: object, device: string): object {
  return { set: { ...table, name, type: 'ifname', elem: [device] } };
}

/** Looks at the text of a listing alone, as it is needed before that is read. @returns undefined where nothing is marked */
export function builtOnOf(json: string | undefined): string | undefined {
  return json === undefined ? undefined : mark.exec(json)?.[1];
}

const mark = new RegExp(`"name": ?"${name}"[^{}]*"elem": ?\\["([^"]{1,15})"\\]`);
