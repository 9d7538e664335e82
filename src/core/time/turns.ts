/** Does one piece of work after another, in the order in which they were asked for. One that fails does not stop the next. */
export class Turns {
  /** What was asked for and is not over. */
  #waiting = 0
  /** Resolves once all that was asked for is over. */
  #last: Promise<unknown> = Promise.resolve()

  /**
   * Begins at once if nothing is under way, else once all before is over; resolves or rejects as the work does.
   *
   * @example await turns.take(() => device.change(settings))
   */
  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const begin = async () => {
      try {
        return await work()
      } finally {
        this.#waiting--
      }
    }
    const done = this.#waiting++ === 0 ? begin() : this.#last.then(begin)
    this.#last = done.catch(() => {})
    return done
  }

  /** Resolves once all that was asked for until now is over. */
  async over(): Promise<void> {
    await this.#last
  }
}
