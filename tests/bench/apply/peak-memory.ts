/** The most resident memory a child had, without changing how it runs: the kernel keeps the high-water mark. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface PeakMemory extends Disposable {
  /** In MB of 1 000 000 bytes, as far as seen; what the child takes in its last few milliseconds is missed. */
  peakMb(): number;
}

const lookEveryMs = 3;

export function watchPeakMemory(child: ChildProcess): PeakMemory {
  let peakKib = 0;
  const look = () => {
    peakKib = Math.max(peakKib, highWaterKib(child.pid ?? 0));
  };
  const timer = setInterval(look, lookEveryMs);
  return { peakMb: () => (peakKib * 1_024) / 1_000_000, [Symbol.dispose]: () => clearInterval(timer) };
}

/** 0 when the process is gone. */
function highWaterKib(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0; // gone
  }
}
