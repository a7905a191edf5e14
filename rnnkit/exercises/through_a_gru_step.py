"""Lesson 09's longest exercise: the gradient through one step of a GRU."""

from rnnkit.exercises.exercise import BATCH_OF_ONE, Exercise, Misconception, normal, orders
from rnnkit.gru import gru_step_backward

SIZES = {"T": 5, "N": 3, "D": 4, "H": 6}
PARAMETERS = {"W_x": "D 3H", "W_h": "H 3H", "b_x": "3H", "b_h": "3H"}
GRADIENTS = {f"d{name}": axes for name, axes in PARAMETERS.items()}
GATES = dict.fromkeys(GRADIENTS, "r z n")

DA_Z = "da_z = dh_next * (h - n) * z * (1 - z)\n"
DA_N = "da_n = dh_next * (1 - z) * (1 - n ** 2)\n"
DA_R = "da_r = da_n * u_n * r * (1 - r)\n"
DA = "da = np.concatenate([da_r, da_z, da_n], axis=1)"
DU = "du = np.concatenate([da_r, da_z, r * da_n], axis=1)"
BACK = "    dx, dh = da @ W_x.T, du @ W_h.T + dh_next * z\n"
WEIGHTS = "    dW_x, dW_h = x.T @ da, h.T @ du\n"
BIASES = "da.sum(axis=0), du.sum(axis=0)"
SLOPES = f"{DA_Z}    {DA_N}    {DA_R}"
FLAT = "The slope {slope} is missing from the {gate}: its own slope multiplies what reached it."

GRU_STEP_BACKWARD = Exercise(
    name="gru_step_backward",
    built="You have built one step of backpropagation through a GRU.",
    torch="nn.GRUCell",
    signature="gru_step_backward(dh_next, cache) -> dx, dh, dW_x, dW_h, db_x, db_h",
    after=("gru_step(x, h, W_x, W_h, b_x, b_h) -> h_next, cache",),
    inputs=normal(x="N D", h="N H", **PARAMETERS, dh_next="N H"),
    outputs={"dx": "N D", "dh": "N H", **GRADIENTS},
    sizes=SIZES,
    reference=gru_step_backward,
    upstream=("dh_next",),
    edges=(BATCH_OF_ONE,),
    blocks=GATES,
    misconceptions=(
        Misconception("update-slope-missing", DA_Z, "da_z = dh_next * (h - n)\n",
                      FLAT.format(slope="z (1 - z)", gate="update gate")),
        Misconception("reset-slope-missing", DA_R, "da_r = da_n * u_n\n",
                      FLAT.format(slope="r (1 - r)", gate="reset gate")),
        Misconception("candidate-slope-missing", DA_N, "da_n = dh_next * (1 - z)\n",
                      FLAT.format(slope="1 - n^2", gate="candidate")),
        Misconception("no-slope-anywhere", SLOPES,
                      "da_z, da_n = dh_next * (h - n), dh_next * (1 - z)\n    da_r = da_n * u_n\n",
                      "These are the gradients of r, z and n, after the squashing. The weights stand before it: "
                      "multiply each by its own slope."),
        Misconception("reset-gate-with-the-update-gates-slope", DA_R, "da_r = da_n * u_n * z * (1 - z)\n",
                      "The reset gate was given the update gate's slope, z (1 - z). Its own is r (1 - r)."),
        Misconception("reset-gate-from-n", DA_R, "da_r = da_n * n * r * (1 - r)\n",
                      "The reset gate was given n. What r multiplied is u_n, so that is what its gradient holds."),
        Misconception("reset-gate-from-h", DA_R, "da_r = da_n * h * r * (1 - r)\n",
                      "The reset gate was given h. In this GRU r multiplied u_n = h W_hn + b_hn, after the product."),
        Misconception("reset-gate-without-the-bias", DA_R,
                      "da_r = da_n * (h @ np.split(W_h, 3, axis=1)[2]) * r * (1 - r)\n",
                      "The reset gate was given h W_hn. What it multiplied is u_n, with the bias b_hn in it."),
        Misconception("reset-gate-past-the-tanh", DA_R, "da_r = dh_next * (1 - z) * u_n * r * (1 - r)\n",
                      "On its way to the reset gate the gradient went past the candidate's tanh. r stands inside it: "
                      "begin from da_n."),
        Misconception("direct-route-lost", BACK, BACK.replace(" + dh_next * z", ""),
                      "The direct route is missing from dh: h_next holds z * h, so dh_next * z goes straight back."),
        Misconception("direct-route-without-z", BACK, BACK.replace("dh_next * z", "dh_next"),
                      "The direct route went past the update gate as if it were open. What goes straight back is "
                      "dh_next * z."),
        Misconception("direct-route-with-one-minus-z", BACK, BACK.replace("dh_next * z", "dh_next * (1 - z)"),
                      "The direct route was multiplied by 1 - z. That is the candidate's share; the old state's is z."),
        Misconception("update-gate-from-h-alone", DA_Z, "da_z = dh_next * h * z * (1 - z)\n",
                      "Half of the blend is missing from the update gate: z stands before h and, as 1 - z, before n."),
        Misconception("update-gate-from-minus-n-alone", DA_Z, "da_z = -dh_next * n * z * (1 - z)\n",
                      "The update gate's gradient knows the candidate only. z also stands before h in the blend."),
        Misconception("update-gate-from-n-alone", DA_Z, "da_z = dh_next * n * z * (1 - z)\n",
                      "The update gate was given n. In the blend z multiplies h, and n is multiplied by 1 - z: both "
                      "count, one with a minus."),
        Misconception("update-gate-sign", DA_Z, "da_z = dh_next * (n - h) * z * (1 - z)\n",
                      "The sign of the update gate's gradient is wrong. More z means more h and less n: h - n."),
        Misconception("candidate-with-z", DA_N, "da_n = dh_next * z * (1 - n ** 2)\n",
                      "The candidate was given z. Its share of the blend is 1 - z."),
        Misconception("candidate-without-its-share", DA_N, "da_n = dh_next * (1 - n ** 2)\n",
                      "The candidate was given all of dh_next. Its share of the blend is 1 - z."),
        Misconception("blend-flipped", f"{SLOPES}    {DA}\n    {DU}\n{BACK}",
                      f"{SLOPES}    {DA}\n    {DU}\n{BACK}".replace("h - n", "n - h").replace("dh_next * (1 - z)",
                      "dh_next * z").replace("+ dh_next * z", "+ dh_next * (1 - z)"),
                      "This is the gradient of the flipped blend, z * n + (1 - z) * h. Forward it was the other one."),
        Misconception("candidate-with-a-gates-slope", DA_N, "da_n = dh_next * (1 - z) * n * (1 - n)\n",
                      "The candidate is a tanh, and its slope is 1 - n^2. You used a sigmoid's."),
        Misconception("sigmoid-twice", SLOPES,
                      "slope = lambda gate: sigmoid(gate) * (1 - sigmoid(gate))\n"
                      "    da_z = dh_next * (h - n) * slope(z)\n"
                      f"    {DA_N}    da_r = da_n * u_n * slope(r)\n",
                      "The slopes were taken of sigma(r) and sigma(z). The gates are sigmoids already, so it is "
                      "r (1 - r), and z (1 - z)."),
        Misconception("tanh-twice", DA_N, "da_n = dh_next * (1 - z) * (1 - np.tanh(n) ** 2)\n",
                      "tanh was applied twice. n already is a tanh, so its slope is 1 - n^2."),
        Misconception("reset-gate-missing-on-the-way-to-the-state", DU,
                      "du = np.concatenate([da_r, da_z, da_n], axis=1)",
                      "The candidate's gradient went past the reset gate. For u_n, and so for W_hn, b_hn and h, it is "
                      "r * da_n."),
        Misconception("reset-gate-twice-in-the-bias", BIASES,
                      "da.sum(axis=0), np.concatenate([da_r, da_z, r * r * da_n], axis=1).sum(axis=0)",
                      "The reset gate is in the last block of db_h twice. One r, from u_n, is enough."),
        Misconception("reset-gate-missing-from-the-bias", BIASES, "da.sum(axis=0), da.sum(axis=0)",
                      "db_h is a copy of db_x. In their last blocks they differ: b_h's sits behind the reset gate."),
        Misconception("reset-gate-in-both-biases", BIASES, "du.sum(axis=0), du.sum(axis=0)",
                      "db_x is a copy of db_h. In their last blocks they differ: no reset gate stands before b_x."),
        Misconception("reset-gate-in-dW_x", WEIGHTS, WEIGHTS.replace("x.T @ da", "x.T @ du"),
                      "The reset gate was multiplied into the last block of dW_x. It never saw x W_xn."),
        Misconception("reset-gate-in-dx", BACK, BACK.replace("da @ W_x.T", "du @ W_x.T"),
                      "The reset gate was multiplied into dx. It never saw x W_xn, so x gets da and not du."),
        Misconception("dW_hn-without-the-reset-gate", WEIGHTS, WEIGHTS.replace("h.T @ du", "h.T @ da"),
                      "The last block of dW_h was built with da_n. W_hn stands behind the reset gate: r * da_n."),
        Misconception("reset-route-missing", DA_R, "da_r = 0 * da_n\n",
                      "Nothing goes back through the reset gate. r multiplied u_n inside the tanh, so it has a "
                      "gradient of its own."),
        Misconception("candidates-route-missing-from-dh", BACK,
                      BACK.replace("du @ W_h.T", "(du - np.concatenate([0 * r, 0 * r, r * da_n], axis=1)) @ W_h.T"),
                      "dh misses what comes through the candidate. h goes into u_n as well as into both gates."),
        Misconception("gates-routes-missing-from-dh", BACK,
                      BACK.replace("du @ W_h.T", "(r * da_n) @ np.split(W_h, 3, axis=1)[2].T"),
                      "dh misses what comes through the two gates. They look at h as well: all three blocks count."),
        Misconception("order-of-the-blocks", f"{DA}\n    {DU}", f"{DA}\n    {DU}".replace("da_r, da_z", "da_z, da_r"),
                      "The blocks were put together in the order z, r, n. The weights lie in the order r, z, n."),
        *orders(f"{DA}\n    {DU}", ("da_r, da_z, da_n", "da_r, da_z, r * da_n"), "r z n",
                "The blocks were put together in the order {order}. The weights lie in the order r, z, n.",
                known=("z r n",)),
        Misconception("dx-and-dh-exchanged", BACK, "    dx, dh = du @ W_h.T + dh_next * z, da @ W_x.T\n",
                      "dx and dh are exchanged. W_x brought x in and takes its gradient out again, W_h does it for h."),
        Misconception("dW_h-from-the-new-state", WEIGHTS, WEIGHTS.replace("h.T @ du", "((1 - z) * n + z * h).T @ du"),
                      "dW_h was built with the new state. W_h multiplied the old one, h."),
        Misconception("dW_h-from-the-reset-state", WEIGHTS,
                      WEIGHTS.replace("h.T @ du", "np.hstack([h.T @ da_r, h.T @ da_z, (r * h).T @ da_n])"),
                      "The last block of dW_h was built with r * h. That belongs to the GRU of 2014; here r comes "
                      "after the product, so it stays with da_n."),
        Misconception("weights-averaged-but-not-the-biases", WEIGHTS,
                      "    dW_x, dW_h = x.T @ da / len(x), h.T @ du / len(x)\n",
                      "The gradients of W_x and W_h are means over the batch. They should be sums: any averaging "
                      "belongs to the loss."),
        Misconception("bias-gradients-mean", BIASES, "da.mean(axis=0), du.mean(axis=0)",
                      "The bias gradients are means over the batch. They should be sums: any averaging belongs to the "
                      "loss."),
        Misconception("reset-gate-from-itself", "da_n * u_n * r * (1 - r)", "da_n * r * r * (1 - r)",
                      "The reset gate's gradient holds r where the other factor belongs. What did r multiply?"),
        Misconception("slope-of-another-gate", "dh_next * (h - n) * z * (1 - z)", "dh_next * (h - n) * r * (1 - r)",
                      "The update gate has the reset gate's slope. Was its line copied?"),
        Misconception("reset-gate-of-the-other-gru", "da_n * u_n * r * (1 - r)",
                      "(da_n @ np.split(W_h, 3, axis=1)[2].T) * h * r * (1 - r)",
                      "This is the reset gate's gradient in the GRU of 2014, where r multiplied h before the "
                      "product. Here it multiplied u_n after it."),
        Misconception("reset-gate-once-too-often", "da_n * u_n * r * (1 - r)", "da_n * r * u_n * r * (1 - r)",
                      "The reset gate's gradient begins from r * da_n, which is u_n's. r itself gets da_n * u_n."),
        Misconception("da-and-du-exchanged",
                      "da = np.concatenate([da_r, da_z, da_n], axis=1)\n"
                      "    du = np.concatenate([da_r, da_z, r * da_n], axis=1)",
                      "du = np.concatenate([da_r, da_z, da_n], axis=1)\n"
                      "    da = np.concatenate([da_r, da_z, r * da_n], axis=1)",
                      "da and du are exchanged. r stands before u_n, so it is du that holds r * da_n."),
        Misconception("bias-gradients-exchanged", "da.sum(axis=0), du.sum(axis=0)", "du.sum(axis=0), da.sum(axis=0)",
                      "db_x and db_h are exchanged in the return."),
    ),
)
