(module
  (import "host" "memory" (memory 1 65536))

  ;; Where the tensors stand
  (global $W i32 (i32.const 0))
  (global $v i32 (i32.const 64))
  (global $h.sum i32 (i32.const 256))
  (global $x i32 (i32.const 576))
  (global $s i32 (i32.const 384))
  (global $loss i32 (i32.const 512))
  (global $y i32 (i32.const 640))
  (global $ds i32 (i32.const 448))
  (global $dh.sum i32 (i32.const 320))
  (global $dv i32 (i32.const 192))
  (global $dW i32 (i32.const 128))

  ;; h.sum[b, j] = Σ_k x[b, k]·W[k, j]
  ;; xor.nn:7
  (func $h_sum (param $sum i32) (param $x i32) (param $W i32) (param $batch i32)
    (local $b i32) (local $j i32) (local $sum_at i32) (local $h_sum_value f32) (local $k i32)
    (local $x_at i32) (local $W_at i32)
    (local.set $b (i32.const 0))
    (loop $b_loop
      (local.set $j (i32.const 0))
      (local.set $sum_at (i32.add (local.get $sum) (i32.mul (local.get $b) (i32.const 12))))
      (loop $j_loop
        (local.set $h_sum_value (f32.const 0))
        (local.set $k (i32.const 0))
        (local.set $x_at (i32.add (local.get $x) (i32.shl (local.get $b) (i32.const 3))))
        (local.set $W_at (i32.add (local.get $W) (i32.shl (local.get $j) (i32.const 2))))
        (loop $k_loop
          (local.set $h_sum_value
            (f32.add
              (local.get $h_sum_value)
              (f32.mul (f32.load (local.get $x_at)) (f32.load (local.get $W_at)))))
          (local.set $x_at (i32.add (local.get $x_at) (i32.const 4)))
          (local.set $W_at (i32.add (local.get $W_at) (i32.const 12)))
          (br_if $k_loop
            (i32.lt_s (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 2))))
        (f32.store (local.get $sum_at) (local.get $h_sum_value))
        (local.set $sum_at (i32.add (local.get $sum_at) (i32.const 4)))
        (br_if $j_loop
          (i32.lt_s (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 3))))
      (br_if $b_loop
        (i32.lt_s (local.tee $b (i32.add (local.get $b) (i32.const 1))) (local.get $batch)))))

  ;; h[b, j] = max(0, h.sum[b, j])
  ;;     xor.nn:7
  ;; s[b] = Σ_j h[b, j]·v[j]
  ;;     xor.nn:8
  (func $s (param $s i32) (param $sum i32) (param $v i32) (param $batch i32)
    (local $b i32) (local $s_at i32) (local $s_sum f32) (local $j i32) (local $sum_at i32)
    (local $v_at i32)
    (local.set $b (i32.const 0))
    (local.set $s_at (local.get $s))
    (loop $b_loop
      (local.set $s_sum (f32.const 0))
      (local.set $j (i32.const 0))
      (local.set $sum_at (i32.add (local.get $sum) (i32.mul (local.get $b) (i32.const 12))))
      (local.set $v_at (local.get $v))
      (loop $j_loop
        (local.set $s_sum
          (f32.add
            (local.get $s_sum)
            (f32.mul
              (f32.max (f32.const 0) (f32.load (local.get $sum_at)))
              (f32.load (local.get $v_at)))))
        (local.set $sum_at (i32.add (local.get $sum_at) (i32.const 4)))
        (local.set $v_at (i32.add (local.get $v_at) (i32.const 4)))
        (br_if $j_loop
          (i32.lt_s (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 3))))
      (f32.store (local.get $s_at) (local.get $s_sum))
      (local.set $s_at (i32.add (local.get $s_at) (i32.const 4)))
      (br_if $b_loop
        (i32.lt_s (local.tee $b (i32.add (local.get $b) (i32.const 1))) (local.get $batch)))))

  ;; loss = (Σ_b (s[b] - y[b])^2)/batch
  ;; xor.nn:10
  (func $loss (param $loss i32) (param $s i32) (param $y i32) (param $batch i32)
    (local $loss_sum f32) (local $b i32) (local $s_at i32) (local $y_at i32) (local $base f32)
    (local.set $loss_sum (f32.const 0))
    (local.set $b (i32.const 0))
    (local.set $s_at (local.get $s))
    (local.set $y_at (local.get $y))
    (loop $b_loop
      (local.set $loss_sum
        (f32.add
          (local.get $loss_sum)
          (f32.mul
            (local.tee $base (f32.sub (f32.load (local.get $s_at)) (f32.load (local.get $y_at))))
            (local.get $base))))
      (local.set $s_at (i32.add (local.get $s_at) (i32.const 4)))
      (local.set $y_at (i32.add (local.get $y_at) (i32.const 4)))
      (br_if $b_loop
        (i32.lt_s (local.tee $b (i32.add (local.get $b) (i32.const 1))) (local.get $batch))))
    (f32.store
      (local.get $loss)
      (f32.div (local.get $loss_sum) (f32.convert_i32_s (local.get $batch)))))

  ;; h[b, j] = max(0, h.sum[b, j])
  ;;     xor.nn:7
  ;; s[b] = Σ_j h[b, j]·v[j]
  ;;     xor.nn:8
  ;; ds[b] = 2·(s[b] - y[b])/batch
  ;;     ∂L/∂s = ∂L/∂loss · ∂loss/∂s    xor.nn:10
  ;; dh[b, j] = ds[b]·v[j]
  ;;     ∂L/∂h = ∂L/∂s · ∂s/∂h    xor.nn:8
  ;; dh.sum[b, j] = dh[b, j]·[0 < h[b, j]]
  ;;     ∂L/∂h.sum = ∂L/∂h · ∂h/∂h.sum    xor.nn:7
  (func $d_h_sum (param $s i32) (param $ds i32) (param $dsum i32) (param $sum i32) (param $v i32)
    (param $y i32) (param $batch i32)
    (local $b i32) (local $s_at i32) (local $y_at i32) (local $ds_at i32) (local $s_sum f32)
    (local $j i32) (local $sum_at i32) (local $v_at i32) (local $ds_b f32) (local $j2 i32)
    (local $v_at2 i32) (local $sum_at2 i32) (local $dsum_at i32)
    (local.set $b (i32.const 0))
    (local.set $s_at (local.get $s))
    (local.set $y_at (local.get $y))
    (local.set $ds_at (local.get $ds))
    (loop $b_loop
      (local.set $s_sum (f32.const 0))
      (local.set $j (i32.const 0))
      (local.set $sum_at (i32.add (local.get $sum) (i32.mul (local.get $b) (i32.const 12))))
      (local.set $v_at (local.get $v))
      (loop $j_loop
        (local.set $s_sum
          (f32.add
            (local.get $s_sum)
            (f32.mul
              (f32.max (f32.const 0) (f32.load (local.get $sum_at)))
              (f32.load (local.get $v_at)))))
        (local.set $sum_at (i32.add (local.get $sum_at) (i32.const 4)))
        (local.set $v_at (i32.add (local.get $v_at) (i32.const 4)))
        (br_if $j_loop
          (i32.lt_s (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 3))))
      (f32.store (local.get $s_at) (local.get $s_sum))
      (local.set $ds_b
        (f32.div
          (f32.mul (f32.const 2) (f32.sub (local.get $s_sum) (f32.load (local.get $y_at))))
          (f32.convert_i32_s (local.get $batch))))
      (f32.store (local.get $ds_at) (local.get $ds_b))
      (local.set $j2 (i32.const 0))
      (local.set $v_at2 (local.get $v))
      (local.set $sum_at2 (i32.add (local.get $sum) (i32.mul (local.get $b) (i32.const 12))))
      (local.set $dsum_at (i32.add (local.get $dsum) (i32.mul (local.get $b) (i32.const 12))))
      (loop $j2_loop
        (f32.store
          (local.get $dsum_at)
          (f32.mul
            (f32.mul (local.get $ds_b) (f32.load (local.get $v_at2)))
            (f32.convert_i32_s
              (f32.lt (f32.const 0) (f32.max (f32.const 0) (f32.load (local.get $sum_at2)))))))
        (local.set $v_at2 (i32.add (local.get $v_at2) (i32.const 4)))
        (local.set $sum_at2 (i32.add (local.get $sum_at2) (i32.const 4)))
        (local.set $dsum_at (i32.add (local.get $dsum_at) (i32.const 4)))
        (br_if $j2_loop
          (i32.lt_s (local.tee $j2 (i32.add (local.get $j2) (i32.const 1))) (i32.const 3))))
      (local.set $s_at (i32.add (local.get $s_at) (i32.const 4)))
      (local.set $y_at (i32.add (local.get $y_at) (i32.const 4)))
      (local.set $ds_at (i32.add (local.get $ds_at) (i32.const 4)))
      (br_if $b_loop
        (i32.lt_s (local.tee $b (i32.add (local.get $b) (i32.const 1))) (local.get $batch)))))

  ;; h[b, j] = max(0, h.sum[b, j])
  ;;     xor.nn:7
  ;; dv[j] = Σ_b h[b, j]·ds[b]
  ;;     ∂L/∂v = ∂L/∂s · ∂s/∂v    xor.nn:8
  (func $d_v (param $dv i32) (param $sum i32) (param $ds i32) (param $batch i32)
    (local $j i32) (local $dv_at i32) (local $dv_sum f32) (local $b i32) (local $sum_at i32)
    (local $ds_at i32)
    (local.set $j (i32.const 0))
    (local.set $dv_at (local.get $dv))
    (loop $j_loop
      (local.set $dv_sum (f32.const 0))
      (local.set $b (i32.const 0))
      (local.set $sum_at (i32.add (local.get $sum) (i32.shl (local.get $j) (i32.const 2))))
      (local.set $ds_at (local.get $ds))
      (loop $b_loop
        (local.set $dv_sum
          (f32.add
            (local.get $dv_sum)
            (f32.mul
              (f32.max (f32.const 0) (f32.load (local.get $sum_at)))
              (f32.load (local.get $ds_at)))))
        (local.set $sum_at (i32.add (local.get $sum_at) (i32.const 12)))
        (local.set $ds_at (i32.add (local.get $ds_at) (i32.const 4)))
        (br_if $b_loop
          (i32.lt_s (local.tee $b (i32.add (local.get $b) (i32.const 1))) (local.get $batch))))
      (f32.store (local.get $dv_at) (local.get $dv_sum))
      (local.set $dv_at (i32.add (local.get $dv_at) (i32.const 4)))
      (br_if $j_loop (i32.lt_s (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 3)))))

  ;; dW[k, j] = Σ_b x[b, k]·dh.sum[b, j]
  ;; ∂L/∂W = ∂L/∂h · ∂h/∂W    xor.nn:7
  (func $d_W (param $dW i32) (param $x i32) (param $dsum i32) (param $batch i32)
    (local $k i32) (local $j i32) (local $dW_at i32) (local $dW_sum f32) (local $b i32)
    (local $x_at i32) (local $dsum_at i32)
    (local.set $k (i32.const 0))
    (loop $k_loop
      (local.set $j (i32.const 0))
      (local.set $dW_at (i32.add (local.get $dW) (i32.mul (local.get $k) (i32.const 12))))
      (loop $j_loop
        (local.set $dW_sum (f32.const 0))
        (local.set $b (i32.const 0))
        (local.set $x_at (i32.add (local.get $x) (i32.shl (local.get $k) (i32.const 2))))
        (local.set $dsum_at (i32.add (local.get $dsum) (i32.shl (local.get $j) (i32.const 2))))
        (loop $b_loop
          (local.set $dW_sum
            (f32.add
              (local.get $dW_sum)
              (f32.mul (f32.load (local.get $x_at)) (f32.load (local.get $dsum_at)))))
          (local.set $x_at (i32.add (local.get $x_at) (i32.const 8)))
          (local.set $dsum_at (i32.add (local.get $dsum_at) (i32.const 12)))
          (br_if $b_loop
            (i32.lt_s (local.tee $b (i32.add (local.get $b) (i32.const 1))) (local.get $batch))))
        (f32.store (local.get $dW_at) (local.get $dW_sum))
        (local.set $dW_at (i32.add (local.get $dW_at) (i32.const 4)))
        (br_if $j_loop
          (i32.lt_s (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 3))))
      (br_if $k_loop (i32.lt_s (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 2)))))

  ;; W[i, j] = W[i, j] - lr·dW[i, j]
  ;; xor.nn:11 (std/optimizers.nn)
  ;; likewise v
  (func $update_parameter (param $parameter i32) (param $gradient i32) (param $lr f32)
    (param $count i32)
    (local $i i32) (local $parameter_at i32) (local $gradient_at i32)
    (local.set $i (i32.const 0))
    (local.set $parameter_at (local.get $parameter))
    (local.set $gradient_at (local.get $gradient))
    (loop $i_loop
      (f32.store
        (local.get $parameter_at)
        (f32.sub
          (f32.load (local.get $parameter_at))
          (f32.mul (local.get $lr) (f32.load (local.get $gradient_at)))))
      (local.set $parameter_at (i32.add (local.get $parameter_at) (i32.const 4)))
      (local.set $gradient_at (i32.add (local.get $gradient_at) (i32.const 4)))
      (br_if $i_loop
        (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count)))))

  ;; W[i, j] = -1.73205 + 3.4641·random(seed, pass, 0, 3·i + j)
  ;; xor.nn:5
  (func $initial_W (param $parameter i32) (param $seed i32) (param $pass i32) (param $count i32)
    (param $place i32)
    (local $i i32) (local $parameter_at i32)
    (local.set $i (i32.const 0))
    (local.set $parameter_at (local.get $parameter))
    (loop $i_loop
      (f32.store
        (local.get $parameter_at)
        (f32.add
          (f32.const -1.7320508075688772)
          (f32.mul
            (f32.const 3.4641016151377544)
            (call $random (local.get $seed) (local.get $pass) (local.get $place) (local.get $i)))))
      (local.set $parameter_at (i32.add (local.get $parameter_at) (i32.const 4)))
      (br_if $i_loop
        (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count)))))

  ;; v[i] = -2.44949 + 4.89898·random(seed, pass, 1, i)
  ;; xor.nn:6
  (func $initial_v (param $parameter i32) (param $seed i32) (param $pass i32) (param $count i32)
    (param $place i32)
    (local $i i32) (local $parameter_at i32)
    (local.set $i (i32.const 0))
    (local.set $parameter_at (local.get $parameter))
    (loop $i_loop
      (f32.store
        (local.get $parameter_at)
        (f32.add
          (f32.const -2.449489742783178)
          (f32.mul
            (f32.const 4.898979485566356)
            (call $random (local.get $seed) (local.get $pass) (local.get $place) (local.get $i)))))
      (local.set $parameter_at (i32.add (local.get $parameter_at) (i32.const 4)))
      (br_if $i_loop
        (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count)))))

  (func $forward (export "forward") (param $batch i32)
    (call $h_sum (global.get $h.sum) (global.get $x) (global.get $W) (local.get $batch))
    (call $s (global.get $s) (global.get $h.sum) (global.get $v) (local.get $batch)))

  (func $evaluate (export "evaluate") (param $batch i32)
    (call $h_sum (global.get $h.sum) (global.get $x) (global.get $W) (local.get $batch))
    (call $s (global.get $s) (global.get $h.sum) (global.get $v) (local.get $batch))
    (call $loss (global.get $loss) (global.get $s) (global.get $y) (local.get $batch)))

  (func $backward (export "backward") (param $batch i32)
    (call $h_sum (global.get $h.sum) (global.get $x) (global.get $W) (local.get $batch))
    (call $d_h_sum
      (global.get $s)
      (global.get $ds)
      (global.get $dh.sum)
      (global.get $h.sum)
      (global.get $v)
      (global.get $y)
      (local.get $batch))
    (call $loss (global.get $loss) (global.get $s) (global.get $y) (local.get $batch))
    (call $d_v (global.get $dv) (global.get $h.sum) (global.get $ds) (local.get $batch))
    (call $d_W (global.get $dW) (global.get $x) (global.get $dh.sum) (local.get $batch)))

  (func $update (export "update") (param $lr f32)
    (call $update_parameter (global.get $W) (global.get $dW) (local.get $lr) (i32.const 6))
    (call $update_parameter (global.get $v) (global.get $dv) (local.get $lr) (i32.const 3)))

  (func $initialise (export "initialise") (param $seed i32) (param $pass i32)
    (call $initial_W
      (global.get $W)
      (local.get $seed)
      (local.get $pass)
      (i32.const 6)
      (i32.const 0))
    (call $initial_v
      (global.get $v)
      (local.get $seed)
      (local.get $pass)
      (i32.const 3)
      (i32.const 1)))

  (func $step (export "step") (param $lr f32) (param $batch i32)
    (call $backward (local.get $batch))
    (call $update (local.get $lr)))

  ;; Uniform on [0, 1), a multiple of 2⁻²⁴: Threefry-2x32 of (seed, step) and (place, element).
  (func $random (param $seed i32) (param $step i32) (param $place i32) (param $element i32) (result f32)
    (local $parity i32) (local $x i32) (local $y i32) (local $x2 i32) (local $y2 i32) (local $x3 i32)
    (local $y3 i32) (local $x4 i32) (local $y4 i32) (local $x5 i32) (local $y5 i32) (local $x6 i32)
    (local $y6 i32) (local $x7 i32) (local $y7 i32) (local $x8 i32) (local $y8 i32) (local $x9 i32)
    (local $y9 i32) (local $x10 i32) (local $y10 i32) (local $x11 i32) (local $y11 i32)
    (local $x12 i32) (local $y12 i32) (local $x13 i32) (local $y13 i32) (local $x14 i32)
    (local $y14 i32) (local $x15 i32) (local $y15 i32) (local $x16 i32) (local $y16 i32)
    (local $x17 i32) (local $y17 i32) (local $x18 i32) (local $y18 i32) (local $x19 i32)
    (local $y19 i32) (local $x20 i32) (local $y20 i32) (local $x21 i32) (local $y21 i32)
    (local $x22 i32) (local $y22 i32) (local $x23 i32) (local $y23 i32) (local $x24 i32)
    (local $y24 i32) (local $x25 i32) (local $y25 i32) (local $x26 i32) (local $y26 i32)
    (local.set $parity (i32.xor (i32.xor (local.get $seed) (local.get $step)) (i32.const 466688986)))
    (local.set $x (i32.add (local.get $place) (local.get $seed)))
    (local.set $y (i32.add (local.get $element) (local.get $step)))
    (local.set $x2 (i32.add (local.get $x) (local.get $y)))
    (local.set $y2 (i32.xor (i32.rotl (local.get $y) (i32.const 13)) (local.get $x2)))
    (local.set $x3 (i32.add (local.get $x2) (local.get $y2)))
    (local.set $y3 (i32.xor (i32.rotl (local.get $y2) (i32.const 15)) (local.get $x3)))
    (local.set $x4 (i32.add (local.get $x3) (local.get $y3)))
    (local.set $y4 (i32.xor (i32.rotl (local.get $y3) (i32.const 26)) (local.get $x4)))
    (local.set $x5 (i32.add (local.get $x4) (local.get $y4)))
    (local.set $y5 (i32.xor (i32.rotl (local.get $y4) (i32.const 6)) (local.get $x5)))
    (local.set $x6 (i32.add (local.get $x5) (local.get $step)))
    (local.set $y6 (i32.add (local.get $y5) (i32.add (local.get $parity) (i32.const 1))))
    (local.set $x7 (i32.add (local.get $x6) (local.get $y6)))
    (local.set $y7 (i32.xor (i32.rotl (local.get $y6) (i32.const 17)) (local.get $x7)))
    (local.set $x8 (i32.add (local.get $x7) (local.get $y7)))
    (local.set $y8 (i32.xor (i32.rotl (local.get $y7) (i32.const 29)) (local.get $x8)))
    (local.set $x9 (i32.add (local.get $x8) (local.get $y8)))
    (local.set $y9 (i32.xor (i32.rotl (local.get $y8) (i32.const 16)) (local.get $x9)))
    (local.set $x10 (i32.add (local.get $x9) (local.get $y9)))
    (local.set $y10 (i32.xor (i32.rotl (local.get $y9) (i32.const 24)) (local.get $x10)))
    (local.set $x11 (i32.add (local.get $x10) (local.get $parity)))
    (local.set $y11 (i32.add (local.get $y10) (i32.add (local.get $seed) (i32.const 2))))
    (local.set $x12 (i32.add (local.get $x11) (local.get $y11)))
    (local.set $y12 (i32.xor (i32.rotl (local.get $y11) (i32.const 13)) (local.get $x12)))
    (local.set $x13 (i32.add (local.get $x12) (local.get $y12)))
    (local.set $y13 (i32.xor (i32.rotl (local.get $y12) (i32.const 15)) (local.get $x13)))
    (local.set $x14 (i32.add (local.get $x13) (local.get $y13)))
    (local.set $y14 (i32.xor (i32.rotl (local.get $y13) (i32.const 26)) (local.get $x14)))
    (local.set $x15 (i32.add (local.get $x14) (local.get $y14)))
    (local.set $y15 (i32.xor (i32.rotl (local.get $y14) (i32.const 6)) (local.get $x15)))
    (local.set $x16 (i32.add (local.get $x15) (local.get $seed)))
    (local.set $y16 (i32.add (local.get $y15) (i32.add (local.get $step) (i32.const 3))))
    (local.set $x17 (i32.add (local.get $x16) (local.get $y16)))
    (local.set $y17 (i32.xor (i32.rotl (local.get $y16) (i32.const 17)) (local.get $x17)))
    (local.set $x18 (i32.add (local.get $x17) (local.get $y17)))
    (local.set $y18 (i32.xor (i32.rotl (local.get $y17) (i32.const 29)) (local.get $x18)))
    (local.set $x19 (i32.add (local.get $x18) (local.get $y18)))
    (local.set $y19 (i32.xor (i32.rotl (local.get $y18) (i32.const 16)) (local.get $x19)))
    (local.set $x20 (i32.add (local.get $x19) (local.get $y19)))
    (local.set $y20 (i32.xor (i32.rotl (local.get $y19) (i32.const 24)) (local.get $x20)))
    (local.set $x21 (i32.add (local.get $x20) (local.get $step)))
    (local.set $y21 (i32.add (local.get $y20) (i32.add (local.get $parity) (i32.const 4))))
    (local.set $x22 (i32.add (local.get $x21) (local.get $y21)))
    (local.set $y22 (i32.xor (i32.rotl (local.get $y21) (i32.const 13)) (local.get $x22)))
    (local.set $x23 (i32.add (local.get $x22) (local.get $y22)))
    (local.set $y23 (i32.xor (i32.rotl (local.get $y22) (i32.const 15)) (local.get $x23)))
    (local.set $x24 (i32.add (local.get $x23) (local.get $y23)))
    (local.set $y24 (i32.xor (i32.rotl (local.get $y23) (i32.const 26)) (local.get $x24)))
    (local.set $x25 (i32.add (local.get $x24) (local.get $y24)))
    (local.set $y25 (i32.xor (i32.rotl (local.get $y24) (i32.const 6)) (local.get $x25)))
    (local.set $x26 (i32.add (local.get $x25) (local.get $parity)))
    (local.set $y26 (i32.add (local.get $y25) (i32.add (local.get $seed) (i32.const 5))))
    (f32.mul
      (f32.convert_i32_s (i32.shr_u (local.get $x26) (i32.const 8)))
      (f32.const 5.960464477539063e-8))))
