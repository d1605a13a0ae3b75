/** Seconds as "3:07", "1:02:03". */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds)
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

/** "3.4 MB/s". */
export function speedOf(bytesPerSecond: number): string {
  return bytesPerSecond < 1e6 ? `${Math.round(bytesPerSecond / 1e3)} kB/s` : `${(bytesPerSecond / 1e6).toFixed(1)} MB/s`
}
