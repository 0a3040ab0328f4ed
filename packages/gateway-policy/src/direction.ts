/**
 * Download and upload in one vocabulary. What limits the download of a session is named by its class or device, and what
 * limits the upload by the same name with `/up` behind it: `3:1f` and `3:1f/up`, `ppp0` and `ppp0/up`, `10.0.0.1` and
 * `10.0.0.1/up`. Neither a class id, a device nor an address has a slash, so no name has two meanings.
 */

const suffix = '/up';

/** The upload counterpart of an address, class id or device. */
export function uploadOf(name: string): string {
  return `${name}${suffix}`;
}

export function isUpload(name: string): boolean {
  return name.endsWith(suffix);
}

/** The name without its direction. */
export function nameOf(name: string): string {
  return isUpload(name) ? name.slice(0, -suffix.length) : name;
}
