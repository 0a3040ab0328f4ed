/** A truth whose process ends in the middle of a transaction, at a statement that is counted. */
import { Truth } from '@holdfast/truth-db';
import type { DatabaseConnection, Driver } from 'kysely';

/**
 * @param place - the statement before which `die` is called; the beginning is 0, the commit counts too, and one more than
 *   there are is after the commit
 */
export function deadlyTruth(original: Truth, place: number, die: () => Promise<void>): Truth {
  const { kysely, ...dialect } = original.dialect;
  let next = 0;
  const step = async () => {
    if (next === place) await die();
    next += 1;
  };
  return new Truth({
    ...dialect,
    kysely: {
      createAdapter: () => kysely.createAdapter(),
      createIntrospector: (db) => kysely.createIntrospector(db),
      createQueryCompiler: () => kysely.createQueryCompiler(),
      createDriver: () => counted(kysely.createDriver(), step),
    },
  });
}

/** The driver itself with its methods replaced: it has to get back the very connections it gave out. */
function counted(driver: Driver, step: () => Promise<void>): Driver {
  const acquire = driver.acquireConnection.bind(driver);
  const begin = driver.beginTransaction.bind(driver);
  const commit = driver.commitTransaction.bind(driver);
  const seen = new WeakSet<DatabaseConnection>();
  driver.acquireConnection = async (...args) => {
    const connection = await acquire(...args);
    if (seen.has(connection)) return connection;
    seen.add(connection);
    const execute = connection.executeQuery.bind(connection);
    connection.executeQuery = async (...query) => {
      await step();
      return execute(...query);
    };
    return connection;
  };
  driver.beginTransaction = async (...args) => {
    await step();
    return begin(...args);
  };
  driver.commitTransaction = async (...args) => {
    await step();
    await commit(...args);
    await step();
  };
  return driver;
}
