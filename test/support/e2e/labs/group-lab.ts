import { afterAll, afterEach } from 'vitest'
import { Lab } from '../../../../lab/lab.js'

/** The lab of a group of tests: made when the first of them uses it, bare again after each, and removed in the end. */
export function groupLab(): Lab {
  const lab = new Lab()
  afterEach(() => lab.clear())
  afterAll(() => lab.remove())
  return lab
}
