/** The end of what is left at a stop, waited for so long and no longer: a database that has gone silent keeps its connections. */

/** @throws whatever `rest` is rejected with within that time; what comes of it later is nobody's business any more */
export async function endedWithin(ms: number, rest: Promise<unknown>): Promise<void> {
  const { promise, resolve: giveUp } = Promise.withResolvers<void>();
  const timer = setTimeout(giveUp, ms);
  try {
    await Promise.race([rest, promise]);
  } finally {
    clearTimeout(timer);
  }
}
