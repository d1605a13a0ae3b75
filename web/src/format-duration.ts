/** Seconds as "3:07" or "1:02:03". */
export function formatDuration(seconds: number): string {
  const whole = Math.floor(seconds)
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const twoDigits = (value: number) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${twoDigits(rest)}` : `${minutes}:${twoDigits(rest)}`
}

/** Seconds with their tenths, as "3:07.4". */
export function formatTenths(seconds: number): string {
  const tenths = Math.floor(10 * seconds)
  return `${formatDuration(Math.floor(tenths / 10))}.${tenths % 10}`
}
