/** Learning-rate and weight-decay factors that a preset gives to single parameters. */
import { type S4ParameterScale, s4ParameterScale } from "../nn/s4/parameter_scale.ts";
import type { TrainingSettings } from "./training_settings.ts";

/** Factors by parameter name for the trainer; `undefined` when all parameters are treated alike. */
export function parameterScaleOf(
  { optimizer, schedule }: TrainingSettings,
): ((name: string) => S4ParameterScale) | undefined {
  const rates = optimizer.stateSpaceRates;
  if (rates === undefined) return undefined;
  const { peak } = schedule;
  const classifier = s4ParameterScale(rates, peak, "encoder.encoder.");
  const languageModel = s4ParameterScale(rates, peak, "decoder.");
  return (name) => name.startsWith("decoder.") ? languageModel(name) : classifier(name);
}
