"""How many numbers a cell learns."""


def parameter_count(D, H):
    """The parameters of an RNN, an LSTM, a GRU, and a GRU whose reset gate comes before the matrix product.

    One block is a W_x (D, H), a W_h (H, H) and a b (H,). The RNN has one block, the LSTM four (i, f, g, o), a GRU three
    (r, z, n). With the reset gate after the product a GRU has a second bias in every block, as in `rnnkit.gru`.

    D, H: whole numbers, the input size and the hidden size. Returns four whole numbers.
    """
    W_x, W_h, b = D * H, H * H, H
    rnn = W_x + W_h + b
    lstm = 4 * rnn
    gru = 3 * (W_x + W_h + 2 * b)
    gru_before = 3 * rnn
    return rnn, lstm, gru, gru_before
