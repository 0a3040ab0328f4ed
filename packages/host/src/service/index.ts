/** What a daemon has to do with the manager that started it. */
export { createServiceManager, type ServiceManager } from './service-manager.ts';
export { watchdog } from './watchdog.ts';
