/** The value that the given part of all values, 0 to 1, does not exceed; NaN if there is none. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/** The value in the middle, or the mean of the two there; NaN if there is none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The slope of the straight line that fits points best, by least squares. NaN for fewer than two. */
export function slope(points: readonly (readonly [number, number])[]): number {
  const count = points.length
  let [meanX, meanY] = [0, 0]
  for (const [x, y] of points) {
    meanX += x / count
    meanY += y / count
  }
  let [covariance, variance] = [0, 0]
  for (const [x, y] of points) {
    covariance += (x - meanX) * (y - meanY)
    variance += (x - meanX) ** 2
  }
  return covariance / variance
}

/** The mean; NaN if there is no value. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
