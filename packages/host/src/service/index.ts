/** What a daemon has to do with the manager that started it. */
export { announcedUntil } from './announced-until.ts';
export { endedWithin } from './ended-within.ts';
export { createServiceManager, type ServiceManager } from './service-manager.ts';
export { watchdog } from './watchdog.ts';
