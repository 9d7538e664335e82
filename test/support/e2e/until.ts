import { within } from '../../../lab/deadline.js'

/** Milliseconds between looks. */
const INTERVAL = 20

/** What `find` finds, once it finds something; it is asked now and then. */
export async function until<Found>(
  what: string,
  find: () => Found | undefined | Promise<Found | undefined>,
  limit?: number,
): Promise<Found> {
  let over = false
  const search = async (): Promise<Found> => {
    for (;;) {
      const found = await find()
      if (found !== undefined) return found
      if (over) throw new Error(`No longer waiting until ${what}`)
      await new Promise((resolve) => setTimeout(resolve, INTERVAL))
    }
  }
  try {
    return await within(search(), what, limit)
  } finally {
    over = true
  }
}
