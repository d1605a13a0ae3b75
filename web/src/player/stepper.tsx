import { Icon } from '../design/icon.tsx'

/** A number that is changed by steps. A press on the value sets it back. Always as wide, whatever its value is. */
export function Stepper({
  name,
  value,
  isDisabled,
  isReset,
  onStep,
  onReset,
}: {
  /** What is changed, such as "Key". */
  name: string
  /** The value, such as "−3". */
  value: string
  isDisabled: boolean
  /** Whether it has its original value. */
  isReset: boolean
  onStep(direction: 1 | -1): void
  onReset(): void
}) {
  return (
    <div class="stepper">
      <button
        type="button"
        class="quiet icon"
        aria-label={`${name} down`}
        disabled={isDisabled}
        onClick={() => onStep(-1)}
      >
        <Icon name="minus" />
      </button>
      <button
        type="button"
        class="reset"
        aria-label={isReset ? `${name}: ${value}` : `${name}: ${value}. Press to reset`}
        disabled={isDisabled || isReset}
        onClick={onReset}
      >
        {value}
      </button>
      <button
        type="button"
        class="quiet icon"
        aria-label={`${name} up`}
        disabled={isDisabled}
        onClick={() => onStep(1)}
      >
        <Icon name="plus" />
      </button>
    </div>
  )
}
