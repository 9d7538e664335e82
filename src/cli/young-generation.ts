import v8 from 'node:v8'
import { native } from '../native/native.js'

/**
 * Without native code each packet leaves some short-lived objects behind. Where V8 lets their memory grow, as it does by
 * itself, that outgrows the processor's caches: it stays at the megabyte that it begins with. Comes before the tunnel.
 */
export function boundYoungGeneration(): void {
  try {
    native()
  } catch {
    v8.setFlagsFromString('--semi-space-growth-factor=1') // asked for at each growth, so it may be set while V8 runs
  }
}
