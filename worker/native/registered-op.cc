#include "registered-op.h"

#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_status.h"

namespace atelier {

std::string Register(const Op& op) {
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(op.name);
  for (const char* attribute : op.attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute);
  for (const char* input : op.inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  TF_OpDefinitionBuilderAddOutput(definition, op.output);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, &TF_ShapeInferenceContextSetUnknownShape);
  TF_Status* status = TF_NewStatus();
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) == TF_OK)
    TF_RegisterKernelBuilder(op.name, TF_NewKernelBuilder(op.name, "CPU", op.create, op.compute, op.destroy), status);
  const std::string problem =
      TF_GetCode(status) == TF_OK ? "" : std::string("TensorFlow refuses the op ") + op.name + ": " + TF_Message(status);
  TF_DeleteStatus(status);
  return problem;
}

}  // namespace atelier
