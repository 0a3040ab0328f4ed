/** Which mount a path is on, by a table as the kernel writes it. */
import { expect, it } from 'vitest';
import { mountOf } from './mount-of.ts';

const table = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:21 / /mnt rw - tmpfs tmpfs rw
24 22 0:22 / /mnt/a\\040b rw,nosuid master:1 shared:2 - nfs4 server:/export\\040x rw,vers=4.2
25 22 0:23 / /mnt/covered rw - ext4 /dev/vdb rw
26 25 0:24 / /mnt/covered rw - fuse.sshfs me@host: rw
broken line
`;

it.each([
  ['/', 'ext4', '/', '/dev/vda'],
  ['/var/lib', 'ext4', '/', '/dev/vda'],
  ['/mnt', 'tmpfs', '/mnt', 'tmpfs'],
  ['/mntx', 'ext4', '/', '/dev/vda'],
  ['/mnt/a b/c', 'nfs4', '/mnt/a b', 'server:/export x'],
  ['/mnt/covered/x', 'fuse.sshfs', '/mnt/covered', 'me@host:'],
])('%s is on %s', (path, type, mountPoint, source) => {
  expect(mountOf(path, table)).toEqual({ type, mountPoint, source });
});

it('a path is on no mount when there is no table', () => {
  expect(mountOf('/var', '')).toBeUndefined();
});
