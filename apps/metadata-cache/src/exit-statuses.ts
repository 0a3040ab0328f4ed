/** What the commands end with, for their help. */
export const exitStatuses = `Exit status:
  0    done, or joined a refresh that has just published what was wanted
  3    refused by the policy
  64   usage            65  what arrived, or what is cached, is invalid; the name is unknown
  69   the source is not available, nothing was fetched yet, or locks are not supported there
  73   cache or lock directory                       74  reading or writing failed, or the lock was lost
  75   locked: not free within the limit             78  configuration
  130  interrupted                                   143 terminated`;
