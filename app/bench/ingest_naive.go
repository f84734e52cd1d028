package bench

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/hibiken/asynq"
	"github.com/labstack/echo/v4"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// webhook is the table a first version would have.
type webhook struct {
	ID         uint   `gorm:"primaryKey"`
	WebhookID  string `gorm:"uniqueIndex"`
	ShopDomain string `gorm:"index"`
	Topic      string
	Payload    json.RawMessage `gorm:"type:jsonb"`
	ReceivedAt time.Time
}

func (webhook) TableName() string { return "deliveries" }

// ingestNaive is the straightforward way: check the signature, Create the body
// as jsonb, enqueue one task, answer. It gets more connections kept open than
// gorm's defaults give it, which would be slower still.
func ingestNaive(ctx context.Context, o task, ready func(string)) (a account, err error) {
	db, err := openGorm(o.DatabaseURL, 32)
	if err != nil {
		return a, err
	}
	if err := db.AutoMigrate(&webhook{}); err != nil {
		return a, err
	}
	redis, err := asynq.ParseRedisURI(o.RedisURL)
	if err != nil {
		return a, err
	}
	queue := asynq.NewClient(redis)
	defer queue.Close()

	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.POST("/webhooks/shopify", func(c echo.Context) error {
		r := c.Request()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		mac := hmac.New(sha256.New, []byte(o.Secret))
		mac.Write(body)
		want, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Shopify-Hmac-Sha256"))
		if err != nil || !hmac.Equal(mac.Sum(nil), want) {
			return c.NoContent(http.StatusUnauthorized)
		}
		w := webhook{
			WebhookID: r.Header.Get("X-Shopify-Webhook-Id"), ShopDomain: r.Header.Get("X-Shopify-Shop-Domain"),
			Topic: r.Header.Get("X-Shopify-Topic"), Payload: body, ReceivedAt: time.Now(),
		}
		if err := db.WithContext(r.Context()).Create(&w).Error; err != nil {
			return err
		}
		payload, err := json.Marshal(map[string]any{"delivery_id": w.ID})
		if err != nil {
			return err
		}
		if _, err := queue.EnqueueContext(r.Context(), asynq.NewTask("order:process", payload)); err != nil {
			return err
		}
		return c.NoContent(http.StatusOK)
	})
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	if err != nil {
		return a, err
	}
	return a, serveUntil(ctx, l, e, ready)
}

// openGorm opens gorm as its documentation shows.
func openGorm(url string, conns int) (*gorm.DB, error) {
	db, err := gorm.Open(postgres.Open(url), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return nil, err
	}
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	return db, nil
}

func serveUntil(ctx context.Context, l net.Listener, h http.Handler, ready func(string)) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = srv.Shutdown(end)
	}()
	ready(l.Addr().String())
	err := srv.Serve(l)
	if ctx.Err() != nil {
		<-done
		return nil //nolint:nilerr // the listener was closed on purpose
	}
	return err
}
