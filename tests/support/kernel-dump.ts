/** Everything that a policy run could have changed in a lab, as nft and tc print it: equal states give equal dumps. */
import { type Lab, labDevice } from './network-lab.ts';

export function kernelDump(lab: Lab): string {
  const classes = lab.run('tc', 'class', 'show', 'dev', labDevice).split('\n').toSorted(); // the kernel's order is a hash's
  return [
    lab.run('nft', 'list', 'table', 'inet', 'holdfast'),
    lab.run('tc', 'qdisc', 'show', 'dev', labDevice),
    lab.run('tc', 'filter', 'show', 'dev', labDevice),
    ...classes,
  ]
    .join('\n')
    .replaceAll(/direct_packets_stat \d+/g, 'direct_packets_stat'); // counts packets: traffic, not state
}
