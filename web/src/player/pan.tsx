/** The place of one stem between left and right. A double click sets the middle. @param pan from -1 to 1 */
export function Pan({ name, pan, onChange }: { name: string; pan: number; onChange(pan: number): void }) {
  const percent = Math.round(100 * pan)
  const words = percent === 0 ? 'middle' : `${Math.abs(percent)} % ${percent < 0 ? 'left' : 'right'}`
  return (
    <span class="pan small soft">
      <span aria-hidden="true">L</span>
      <input
        type="range"
        min={-100}
        max={100}
        step={10}
        value={percent}
        aria-label={`Balance of ${name}`}
        aria-valuetext={words}
        title={`Balance: ${words}`}
        onInput={(event) => onChange(event.currentTarget.valueAsNumber / 100)}
        onDblClick={() => onChange(0)}
      />
      <span aria-hidden="true">R</span>
    </span>
  )
}
