/** The entry of a bucket: when it will be full again, in whole microseconds. The store and its steward take the same for valid. */
import type { StandardSchemaV1 } from '@standard-schema/spec';

export const tatSchema: StandardSchemaV1<unknown, number> = {
  '~standard': {
    version: 1,
    vendor: 'holdfast',
    validate: (value) =>
      typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
        ? { value }
        : { issues: [{ message: 'is not a time in whole microseconds' }] },
  },
};
