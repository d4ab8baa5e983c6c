/**
 * Operators that ONNX Runtime adds to the standard (domain `com.microsoft`) and that only compute on their inputs: what its quantizer and
 * its optimizer write. Left out on purpose are those that open files or run other code, such as `EPContext`, `PythonOp` and `ATen`.
 */
export const MICROSOFT_OPERATORS: ReadonlySet<string> = new Set(
  `Attention BiasGelu BifurcationDetector CDist ConvTransposeWithDynamicPads CropAndResize DequantizeLinear DynamicQuantizeLSTM DynamicQuantizeMatMul
  EmbedLayerNormalization ExpandDims FastGelu FusedConv FusedGemm FusedMatMul GatherND Gelu GroupQueryAttention Inverse MatMulBnb4 MatMulIntegerToFloat
  MatMulNBits MaxpoolWithMask MultiHeadAttention MurmurHash3 NGramRepeatBlock NhwcMaxPool Pad QAttention QEmbedLayerNormalization QGemm QLinearAdd
  QLinearAveragePool QLinearConcat QLinearConv QLinearGlobalAveragePool QLinearLeakyRelu QLinearMul QLinearSigmoid QLinearSoftmax QLinearWhere QuantizeLinear
  QuickGelu Range RotaryEmbedding SkipLayerNormalization SkipSimplifiedLayerNormalization SparseToDenseMatMul Tokenizer TransposeMatMul Trilu Unique
  WordConvEmbedding`.split(/\s+/),
);
