/** Does one piece of work after another, in the order in which they were asked for. One that fails does not stop the next. */
export class Turns {
  /** Resolves once all that was asked for is over. */
  #last: Promise<unknown> = Promise.resolve()

  /**
   * Begins once all before is over; resolves or rejects as the work does.
   *
   * @example await turns.take(() => device.change(settings))
   */
  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => {})
    return done
  }
}
