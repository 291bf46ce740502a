/**
 * Traces by OpenTelemetry. It is loaded where traces were asked for, and by nobody else: import it with `import()` alone. The
 * rest of the server knows the interface of the real-time core.
 */
export { openTracing } from './open-telemetry.ts'
export { traceRequests } from './requests.ts'
