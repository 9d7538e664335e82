import type { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { turns } from '../eventually.js'

/** Lets time pass, and between any two timers whatever promises bring about. */
export async function pass(clock: VirtualClock, milliseconds: number): Promise<void> {
  const end = clock.now() + milliseconds
  await turns(1)
  while (clock.next <= end) {
    clock.advance(clock.next - clock.now())
    await turns(1)
  }
  clock.advance(end - clock.now())
}
