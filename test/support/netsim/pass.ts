import type { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'

/** Lets time pass, and between any two timers whatever promises bring about. */
export async function pass(clock: VirtualClock, milliseconds: number): Promise<void> {
  const end = clock.now() + milliseconds
  await settled()
  while (clock.next <= end) {
    clock.advance(clock.next - clock.now())
    await settled()
  }
  clock.advance(end - clock.now())
}

/** Resolves once all that promises bring about by themselves is done. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
