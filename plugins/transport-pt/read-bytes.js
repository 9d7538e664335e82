// @ts-check

/**
 * The next bytes of a stream that nobody else reads; what is behind them stays in it. Rejects if it ends before.
 *
 * @param {import('node:net').Socket} socket
 * @param {number} count
 * @returns {Promise<Buffer>}
 */
export function readBytes(socket, count) {
  return new Promise((resolve, reject) => {
    const settle = (/** @type {() => void} */ outcome) => {
      socket.off('readable', look).off('close', closed).off('end', closed).off('error', failed)
      outcome()
    }
    const look = () => {
      const bytes = /** @type {Buffer | null} */ (socket.read(count))
      if (bytes?.length === count) settle(() => resolve(bytes))
      else if (bytes !== null) closed()
    }
    const closed = () => settle(() => reject(new Error('the connection ended')))
    const failed = (/** @type {Error} */ error) => settle(() => reject(error))
    socket.on('readable', look).on('close', closed).on('end', closed).on('error', failed)
    if (socket.destroyed) closed()
    else look()
  })
}
