/** The same command on a machine without nft and tc: in a mount namespace of its own whose system directory lacks them. */
export function withoutNft(command: readonly string[]): readonly [string, readonly string[]] {
  return ['unshare', ['-m', 'sh', '-c', 'mount --bind /usr/bin /usr/sbin && exec "$@"', 'sh', ...command]];
}
