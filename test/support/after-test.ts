import { onTestFinished } from 'vitest'

/** Undoes something once the test under way is over, whatever its end: what was done last is undone first. */
export function afterTest(undo: () => unknown): void {
  onTestFinished(async () => {
    await undo()
  })
}
